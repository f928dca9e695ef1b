//! Who has an account cannot be told from how long a refusal takes. Nearly all of that time is
//! the computation of a password's hash, so computations are counted: a clock would judge the
//! machine.

use uuid::Uuid;

use crate::harness::server::World;
use crate::harness::shop::PASSWORD;

/// How many passwords a server has hashed or checked so far.
async fn computations(world: &World) -> u64 {
    let metrics = world.operator().get("/metrics").await.text;
    let mut lines = metrics.lines();
    let count = lines.find_map(|line| line.strip_prefix("password_computations_total "));
    count.map_or(0, |count| count.parse().unwrap())
}

/// How many a request costs.
async fn cost(world: &World, request: impl Future<Output = ()>) -> u64 {
    let before = computations(world).await;
    request.await;
    computations(world).await - before
}

#[tokio::test]
async fn a_refused_sign_in_costs_one_computation_whoever_it_is_about() {
    let world = World::start().await;
    let known = world.tenant().await.email;
    let other = world.tenant().await.email;
    let sql = world.sql().await;
    let without = "update users set password_hash = null where email = $1";
    sql.execute(without, &[&other]).await.unwrap();
    let nobody = format!("{}@example.org", Uuid::new_v4().simple());
    for (who, address) in [
        ("an account", known.as_str()),
        ("an account that signs in by another provider", &other),
        ("no account", &nobody),
        ("no address", "nobody"),
    ] {
        let refused = async {
            let refused = world.try_sign_in(address, "wrong password").await;
            refused.problem(401, "invalid-credentials");
        };
        assert_eq!(cost(&world, refused).await, 1, "{who}");
    }
}

#[tokio::test]
async fn a_registration_costs_one_computation_whether_or_not_there_is_an_account() {
    let world = World::start().await;
    let known = world.tenant().await.email;
    let nobody = format!("{}@example.org", Uuid::new_v4().simple());
    for address in [known, nobody] {
        let register = async {
            world.register(&address).await.expect(202);
        };
        assert_eq!(cost(&world, register).await, 1, "{address}");
    }
    // The count counts: a sign-in that goes well costs one too.
    let user = world.tenant().await;
    let sign_in = async {
        world.try_sign_in(&user.email, PASSWORD).await.expect(200);
    };
    assert_eq!(cost(&world, sign_in).await, 1);
}
