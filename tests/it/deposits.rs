//! Deposits of a running server: held with the stay, kept in part or contested, and given back.

use serde_json::{Value, json};

use crate::harness::client::text_at;
use crate::harness::invariants;
use crate::harness::sandbox::charges;
use crate::harness::server::World;
use crate::harness::shop::{Home, User, uuid_of};
use crate::harness::wait::{wait_for, wait_until};

const DAY_S: i64 = 86_400;

/// Everybody, with two stays whose guests have left.
struct Scene {
    world: World,
    landlord: User,
    tenant: User,
    stays: Vec<Value>,
}

impl Scene {
    /// Two stays at 100.00, each with a deposit of 50.00, paid for and to come.
    async fn new() -> Self {
        let mut world = World::plan().manual_clock().start().await;
        let (landlord, tenant) = (world.landlord().await, world.tenant().await);
        let home = world.home(&landlord, 2, 10_000).await;
        let mut stays = Vec::new();
        for ahead in [1, 2] {
            stays.push(world.hold(&tenant, &home.stay(world.day(ahead), 1)).await);
        }
        with_deposits(&mut world, &home).await;
        let tenant = world.sign_in(&tenant.email).await;
        for stay in &stays {
            let page = world.checkout(&tenant, stay).await;
            world.pay(&page).await;
            world.wait_for_status(&tenant, stay, "confirmed").await;
        }
        Self { world, landlord, tenant, stays }
    }

    /// Lets days pass; who had signed in has to do so again.
    async fn later(&mut self, days: i64) {
        self.world.move_clock(days * DAY_S);
        self.landlord = self.world.sign_in(&self.landlord.email).await;
        self.tenant = self.world.sign_in(&self.tenant.email).await;
    }

    fn path(&self, stay: usize, step: &str) -> String {
        format!("deposits/{}/{step}", text_at(&self.stays[stay], "/id"))
    }

    async fn deposit(&self, stay: usize) -> Value {
        let list = self.world.api(&self.tenant).get("deposits").await.body(200);
        let all = list["data"].as_array().unwrap();
        all.iter().find(|one| one["id"] == self.stays[stay]["id"]).unwrap().clone()
    }

    async fn wait_for(&self, stay: usize, status: &str) -> Value {
        wait_for(&format!("the deposit is {status}"), async || {
            let deposit = self.deposit(stay).await;
            (deposit["status"] == status).then_some(deposit)
        })
        .await
    }
}

/// Writes deposits into the terms of what is held, behind the back of a server that is down.
async fn with_deposits(world: &mut World, home: &Home) {
    world.kill();
    let sql = world.sql().await;
    let add = "update bookings set total = total + 5000,
        terms = jsonb_set(terms, '{price,deposit}', '5000') where property_id = $1";
    assert_eq!(sql.execute(add, &[&uuid_of(&home.id)]).await.unwrap(), 2);
    world.start_again();
}

fn money(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

#[tokio::test]
async fn a_deposit_is_kept_contested_decided_on_or_goes_back_by_itself() {
    let mut scene = Scene::new().await;
    let held = scene.wait_for(0, "held").await;
    assert_eq!((&held["amount"], &held["returned"]), (&money(5_000), &money(0)));
    let lamp = |amount| json!({"items": [{"label": "lamp", "amount": money(amount)}]});
    let (deduct, release) = (scene.path(0, "deductions"), scene.path(0, "release"));
    let (contest, resolve) = (scene.path(0, "contest"), scene.path(0, "resolve"));
    let landlord = scene.world.api(&scene.landlord);
    landlord.post(&deduct, &lamp(1)).await.problem(409, "invalid-transition");
    landlord.post(&release, &json!({})).await.problem(409, "invalid-transition");

    scene.later(5).await;
    let due = scene.wait_for(0, "due").await;
    assert!(due["release_at"].is_string(), "{due}");
    let (world, why) = (&scene.world, json!({"reason": "it was broken"}));
    let (landlord, tenant) = (world.api(&scene.landlord), world.api(&scene.tenant));
    let listed = landlord.get("deposits?role=landlord").await.body(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    tenant.post(&deduct, &lamp(1)).await.problem(403, "forbidden");
    let other = world.landlord().await;
    let other = world.api(&other);
    other.post(&deduct, &lamp(1)).await.problem(404, "not-found");
    other.post(&contest, &why).await.problem(404, "not-found");
    assert_eq!(other.get("deposits?role=landlord").await.body(200)["data"], json!([]));
    tenant.post(&contest, &why).await.problem(409, "invalid-transition");
    landlord.post(&deduct, &lamp(5_001)).await.problem(422, "validation");
    let yen = json!({"items": [{"label": "lamp", "amount": {"amount": 1, "currency": "JPY"}}]});
    landlord.post(&deduct, &yen).await.problem(422, "validation");
    let kept = landlord.post(&deduct, &lamp(1_500)).await.body(200);
    assert_eq!(kept["deductions"][0]["amount"], money(1_500));
    landlord.post(&contest, &why).await.problem(404, "not-found");

    let contested = tenant.post(&contest, &why).await.body(200);
    assert_eq!(contested["status"], "contested");
    landlord.post(&release, &json!({})).await.problem(409, "invalid-transition");
    let decision = json!({"kept": money(1_000), "reason": "an old lamp"});
    landlord.post(&resolve, &decision).await.problem(403, "forbidden");
    let admin = world.admin().await;
    let admin = world.api(&admin);
    let waiting = admin.get("admin/deposits").await.body(200);
    assert_eq!(waiting["data"][0]["objection"], "it was broken");
    let decided = admin.post(&resolve, &decision).await.body(200);
    assert_eq!((&decided["kept"], &decided["returned"]), (&money(1_000), &money(4_000)));
    assert_eq!(decided["decision"], "an old lamp");

    // The other one goes back by itself, fourteen days after the stay.
    scene.later(15).await;
    let released = scene.wait_for(1, "released").await;
    assert_eq!(released["returned"], money(5_000));
    let endpoint = scene.world.endpoint().await;
    wait_until("the money is back", async || {
        let back = |charge: &Value| charge["amount_refunded"].as_i64().unwrap_or_default();
        charges(&endpoint).await.iter().map(back).sum::<i64>() == 9_000
    })
    .await;
    invariants::check(&scene.world, &[]).await;
    let balance = scene.world.operator().get("/ops/v1/ledger/trial-balance").await.body(200);
    let of = |account: &str| -> i64 {
        let rows = balance["data"].as_array().unwrap().iter();
        rows.filter(|row| row["account"] == account).filter_map(|row| row["amount"].as_i64()).sum()
    };
    assert_eq!((of("deposits_held"), of("landlord_payable")), (0, -21_000), "{balance}");
    assert_eq!((of("cash_clearing"), of("tenant_credit")), (21_000, 0), "{balance}");
}
