//! Of the model: what a landlord sets.

use rentezy::domain::pricing::PricingEdit;
use rentezy::domain::property::Command;

use crate::model::{Model, Moment, Verdict, is_open};

const NO: Verdict = Err("transition");

impl Model {
    pub(crate) fn listing(&mut self, command: &Command, at: &Moment<'_>) -> Verdict {
        let (Command::EditUnit { by, version, .. }
        | Command::SetPolicies { by, version, .. }
        | Command::SetStayRules { by, version, .. }
        | Command::Price { by, version, .. }
        | Command::Publish { by, version }
        | Command::Unpublish { by, version }
        | Command::Archive { by, version }) = command
        else {
            return NO;
        };
        if *by != self.owner {
            return Err("not-found");
        }
        if *version != self.version {
            return Err("stale");
        }
        if self.standing == "archived" {
            return NO;
        }
        match command {
            Command::Publish { .. } if self.standing == "paused" => self.standing = "live",
            Command::Unpublish { .. } if self.standing == "live" => self.standing = "paused",
            Command::Publish { .. } | Command::Unpublish { .. } => return NO,
            Command::Archive { .. } => {
                let coming = |stay: &crate::model::Stay| {
                    is_open(stay.phase) || stay.lies.is_some_and(|n| n.check_out() > at.today)
                };
                if self.stays.values().any(coming) {
                    return Err("has-stays");
                }
                self.standing = "archived";
            }
            Command::EditUnit { unit, .. } => {
                self.unit(unit.id).ok_or("not-found")?;
                self.resize(unit.id, unit.fields.count.into(), at)?;
                for one in self.units.iter_mut().filter(|one| one.id == unit.id) {
                    one.price = unit.fields.night_minor.unwrap();
                    one.guests = unit.fields.guests;
                }
            }
            Command::SetPolicies { policies, .. } => self.policies = (**policies).clone(),
            Command::SetStayRules { rules, .. } => self.stay_rules = (**rules).clone(),
            Command::Price { edit, .. } => {
                let PricingEdit::Rates { cleaning_fee_minor, deposit_minor, .. } = edit else {
                    return NO;
                };
                (self.cleaning, self.deposit) = (*cleaning_fee_minor, *deposit_minor);
            }
            _ => return NO,
        }
        self.version += 1;
        Ok(())
    }
}
