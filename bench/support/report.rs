//! How figures are told: a table for people on standard error, and a JSON object a line
//! for machines on standard output.

use std::fmt::Write as _;

use serde_json::json;

/// What is aimed at: below `floor` the house is not as it was built to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bars {
    /// The least ratio that is accepted.
    pub(crate) floor: f64,
    /// The ratio that is hoped for.
    pub(crate) aim: f64,
}

/// One figure, measured several times beside its peer, in turns.
#[derive(Debug)]
pub(crate) struct Figure {
    /// Its name.
    pub(crate) name: &'static str,
    /// What is counted.
    pub(crate) unit: &'static str,
    /// Our values, one a repeat.
    pub(crate) ours: Vec<f64>,
    /// The peer's name; empty for a figure without peer.
    pub(crate) peer: &'static str,
    /// The peer's values, one a repeat.
    pub(crate) theirs: Vec<f64>,
    /// What the ratio has to be, where there is such a bar.
    pub(crate) bars: Option<Bars>,
}

impl Figure {
    /// The ratio of each repeat, ours over theirs.
    #[must_use]
    pub(crate) fn ratios(&self) -> Vec<f64> {
        self.ours.iter().zip(&self.theirs).map(|(ours, theirs)| ours / theirs).collect()
    }

    /// Whether the median ratio is at its floor or above.
    #[must_use]
    pub(crate) fn holds(&self) -> bool {
        self.bars.is_none_or(|bars| median(&self.ratios()) >= bars.floor)
    }

    /// Tells the figure on both ways.
    pub(crate) fn tell(&self, bench: &str) {
        let line = json!({
            "bench": bench,
            "figure": self.name,
            "value": round(median(&self.ours)),
            "unit": self.unit,
            "peer": if self.peer.is_empty() { None } else { Some(self.peer) },
            "peer_value": (!self.theirs.is_empty()).then(|| round(median(&self.theirs))),
            "ratio": (!self.theirs.is_empty()).then(|| round(median(&self.ratios()))),
        });
        println!("{line}");
        let mut row = format!("{:<22}{:>30}", self.name, spread(&self.ours));
        if !self.theirs.is_empty() {
            let ratio = format!("{}x", spread(&self.ratios()));
            let _ = write!(row, "{:>26}{ratio:>24}", spread(&self.theirs));
        }
        let _ = write!(row, "  {}", self.unit);
        if let Some(bars) = self.bars {
            let verdict = if self.holds() { "holds" } else { "DOES NOT HOLD" };
            let _ = write!(row, ", floor {}x {verdict}, aim {}x", bars.floor, bars.aim);
        }
        eprintln!("{row}");
    }
}

/// The heading of the table that [`Figure::tell`] writes.
pub(crate) fn heading(peer: &str) {
    eprintln!("{:<22}{:>30}{peer:>26}{:>24}", "median [least-most]", "rentezy", "ratio");
}

/// The middle value; 0 of none.
#[must_use]
pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value below which the part `q` of all values lies; 0 of none.
#[must_use]
pub(crate) fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let place = ((sorted.len().saturating_sub(1)) as f64 * q).round() as usize;
    sorted.get(place).copied().unwrap_or_default()
}

fn spread(values: &[f64]) -> String {
    let (least, most) = (quantile(values, 0.0), quantile(values, 1.0));
    format!("{} [{}-{}]", short(median(values)), short(least), short(most))
}

fn short(value: f64) -> String {
    let decimals = if value.abs() < 10.0 { 2 } else { usize::from(value.abs() < 100.0) };
    format!("{value:.decimals$}")
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
