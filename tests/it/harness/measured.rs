//! What a server has counted.

use super::server::World;

impl World {
    /// A metric, with its labels if it has any; nothing is 0, as what was never counted is not
    /// there.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let metrics = self.operator().get("/metrics").await.expect(200).text;
        let mut lines =
            metrics.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        lines.next().map_or(0.0, |value| value.parse().unwrap())
    }
}
