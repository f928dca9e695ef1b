//! Of the statement: listings, their unit types and slots.

use super::builder::{ACCEPTED, Builder, column, rows, split};
use crate::domain::change::Write;
use crate::domain::property::Listing;
use crate::storage::changes::ChangeSet;
use crate::storage::properties;

impl Builder {
    pub(super) fn listings(&mut self, sets: &[ChangeSet]) {
        let (new, old) = split(sets, |set| set.net.listing.iter());
        self.documents("properties", 0, &(new, old), properties::row_of, PROPERTY_UPDATE);
        self.units(sets);
        let slots = rows(sets, |set| set.net.slots.iter().map(move |slot| (set, slot)));
        if self.part(2, &slots) {
            let columns = vec![
                column("slot_id", "int8", &slots, |(_, slot)| slot.slot_id),
                column("property_id", "uuid", &slots, |(set, _)| set.entity.id),
                column("unit_id", "uuid", &slots, |(_, slot)| slot.unit_id.uuid()),
                column("unit_no", "int4", &slots, |(_, slot)| i32::from(slot.unit_no)),
            ];
            self.input("new_slots", &slots, columns);
            self.ctes.push(format!(
                "i_slots as (insert into slots
                    select slot_id, property_id, unit_id, unit_no from new_slots n where {ACCEPTED})"
            ));
        }
        let retired = rows(sets, |set| set.net.retired.iter().map(move |slot| (set, *slot)));
        if self.part(16, &retired) {
            let columns = vec![
                column("slot_id", "int8", &retired, |(_, slot)| *slot),
                column("at", "timestamptz", &retired, |(set, _)| set.at),
            ];
            self.input("old_slots", &retired, columns);
            self.ctes.push(format!(
                "u_slots as (update slots t set retired_at = n.at from old_slots n
                    where {ACCEPTED} and t.slot_id = n.slot_id and t.retired_at is null
                    returning t.slot_id)"
            ));
            self.check("u_slots", "old_slots", "slots were not there");
        }
    }

    /// The unit types of the listings that are written: those named are put, the others of
    /// the same listings go.
    fn units(&mut self, sets: &[ChangeSet]) {
        let all =
            rows(sets, |set| set.net.listing.iter().flat_map(|w| properties::units_of(&w.row)));
        if self.part(17, &all) {
            self.input("put_units", &all, vec![column("doc", "jsonb", &all, Clone::clone)]);
            self.ctes.push(format!(
                "i_units as (insert into units select p.* from put_units n,
                    lateral jsonb_populate_record(null::units, n.doc) p where {ACCEPTED}
                    on conflict (property_id, id) do update set {UNIT_UPDATE})"
            ));
        }
        let kept = |write: &Write<Listing>| {
            let units: Vec<_> = write.row.units.iter().map(|unit| unit.id.uuid()).collect();
            write
                .from_version
                .map(|_| serde_json::json!({"id": write.row.id.uuid(), "units": units}))
        };
        let kept = rows(sets, |set| set.net.listing.iter().filter_map(kept));
        if self.part(18, &kept) {
            self.input("kept_units", &kept, vec![column("doc", "jsonb", &kept, Clone::clone)]);
            self.ctes.push(format!(
                "d_units as (delete from units t using kept_units n where {ACCEPTED}
                    and t.property_id = (n.doc ->> 'id')::uuid
                    and not (n.doc -> 'units') ? t.id::text)"
            ));
        }
    }
}

const PROPERTY_UPDATE: &str = "status = p.status, kind = p.kind, title = p.title,
    description = p.description, address = p.address, lat = p.lat, lon = p.lon,
    amenities = p.amenities, stay_mode = p.stay_mode, deposit_minor = p.deposit_minor,
    cleaning_fee_minor = p.cleaning_fee_minor, policies = p.policies, pricing = p.pricing,
    stay_rules = p.stay_rules,
    rejection = p.rejection,
    version = p.version, updated_at = p.updated_at";

const UNIT_UPDATE: &str = "position = excluded.position, name = excluded.name,
    count = excluded.count, bedrooms = excluded.bedrooms, beds = excluded.beds,
    bathrooms = excluded.bathrooms, guests = excluded.guests, night_minor = excluded.night_minor,
    month_minor = excluded.month_minor";
