//! Without a fault nothing is wrong, and what is wrong is found.

use uuid::Uuid;

use crate::check::{check, violations};
use crate::load::{Load, Route};
use crate::nodes::Cluster;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_found() {
    let cluster = Cluster::start().await;
    let load = Load::start(&cluster, Route::All).await;
    load.recovers("no fault at all", rentezy::clock::monotonic(), &[0, 1, 2]).await;
    let history = check(&cluster, load).await;
    let unknown = history.records.iter().filter(|record| record.was_unknown()).count();
    assert_eq!(unknown, 0, "nothing was in the way");
    let first = history.records.iter().find(|record| record.held().is_some()).unwrap();
    let acked = first.held().unwrap().0;

    let mut doubled = history.clone();
    doubled.records.push(first.clone());
    assert!(violations(&cluster, &doubled).await[0].starts_with("two keys and one booking"));
    let mut untold = history.clone();
    untold.records.retain(|record| record.held().is_none_or(|held| held.0 != acked));
    assert!(violations(&cluster, &untold).await[0].starts_with("nobody was told of"));

    let sql = cluster.sql().await;
    let change = async |statement: &str, id: Uuid| {
        assert_eq!(sql.execute(statement, &[&id]).await.unwrap(), 1);
        let found = violations(&cluster, &history).await;
        assert_eq!(found.len(), 1, "{found:?}");
        found.into_iter().next().unwrap()
    };
    let moved = change("update bookings set check_out = check_out + 1 where id = $1", acked).await;
    assert!(moved.contains(" is not "), "{moved}");
    let lost = change("delete from bookings where id = $1", acked).await;
    assert!(lost.starts_with("acknowledged and lost"), "{lost}");
}
