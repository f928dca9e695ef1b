//! Words of a search, as clients meet them: forgiven typos, marks, suggestions and limits.

use serde_json::{Value, json};

use crate::harness::client::Answer;
use crate::harness::server::World;
use crate::harness::wait::wait_until;

/// Asks until the answer is as it has to be, once index and vocabulary have caught up.
async fn ask(world: &World, path: &str, is_right: impl Fn(&Value) -> bool) -> Answer {
    let mut last = None;
    wait_until(path, async || {
        let answer = world.anonymous().get(path).await;
        let right = answer.status == 200 && is_right(&answer.body);
        last = Some(answer);
        right
    })
    .await;
    last.unwrap()
}

#[tokio::test]
async fn words_are_found_marked_and_suggested() {
    let world = World::start().await;
    let landlord = world.landlord().await;
    let home = world.home(&landlord, 1, 5_000).await;
    let finds = |body: &Value| body["data"][0]["id"] == home.id.as_str() && body["total"] == 1;
    // Its title is "Canal side flat", in Dublin, with wifi.
    let answer = ask(&world, "search?q=Dubiln+apartment+internet", finds).await;
    assert_eq!(answer.body["did_you_mean"], "dublin apartment internet");
    assert_eq!(answer.body["data"][0].get("highlight"), None);
    let answer = ask(&world, "search?q=sides+water&highlight=true", finds).await;
    assert_eq!(answer.body.get("did_you_mean"), None);
    let highlight = &answer.body["data"][0]["highlight"];
    let piece = |text: &str, hit: bool| json!({"text": text, "hit": hit});
    let title = [piece("Canal ", false), piece("side", true), piece(" flat", false)];
    assert_eq!(highlight["title"], json!(title));
    assert_eq!(highlight["description"][1], piece("water", true));

    let suggests = |body: &Value| body["places"] != json!([]);
    let answer = ask(&world, "search/suggest?q=dubl", suggests).await;
    let place = json!({"city": "Dublin", "country": "IE", "count": 1});
    assert_eq!(answer.body["places"], json!([place]));
    let of = async |query: &str| {
        world.anonymous().get(&format!("search/suggest?{query}")).await.body(200)
    };
    assert_eq!(
        of("q=canal+s&limit=1").await["titles"],
        json!([{"title": "Canal side flat", "count": 1}])
    );
    let wifi = json!([{"key": "wifi", "label": "Wifi", "count": 1}]);
    assert_eq!(of("q=wirelss").await["amenities"], wifi);
    assert_eq!(of("").await, json!({"places": [], "titles": [], "amenities": []}));
}

#[tokio::test]
async fn what_is_too_much_is_told() {
    let world = World::start().await;
    let api = world.anonymous();
    let words: Vec<String> = (0..17).map(|n| format!("w{n}")).collect();
    for query in [format!("q={}", "x".repeat(201)), format!("q={}", words.join("+"))] {
        for route in ["search", "search/suggest"] {
            let answer = api.get(&format!("{route}?{query}")).await.problem(422, "validation");
            assert_eq!(answer.body["errors"][0]["pointer"], "/q", "{}", answer.text);
        }
    }
    for limit in ["0", "21", "-1", "x"] {
        let answer = api.get(&format!("search/suggest?limit={limit}")).await;
        answer.problem(422, "validation");
    }
    api.get("search?highlight=maybe").await.problem(422, "validation");
}
