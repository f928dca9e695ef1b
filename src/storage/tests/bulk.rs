//! For comparing what different ways of writing leave.

use tokio_postgres::Client;

/// All rows of new listings as text, in a fixed order, but for command records.
pub(crate) async fn written(client: &Client) -> Vec<String> {
    let rows = client
        .query(
            "select to_jsonb(t)::text from properties t
             union all select to_jsonb(t)::text from units t
             union all select to_jsonb(t)::text from slots t
             union all select to_jsonb(t)::text from events t where stream < 256
             union all select to_jsonb(t)::text from streams t where stream < 256 and head > 0
             order by 1",
            &[],
        )
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
