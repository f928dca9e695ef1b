-- Promo codes are made, listed and ended. Their uses are gates of the kind promo, whose scope
-- is the code's id; what a booking has used stands in its details.

-- Ended codes stay in the list of their landlord, the newest in front.
drop index promo_codes_of_owner;
create index promo_codes_of_owner on promo_codes (owner_id, created_at desc, id desc);

-- The limits of src/domain/promo.rs again.
alter table promo_codes
    add constraint promo_codes_max_uses_at_most check (max_uses <= 10000),
    add constraint promo_codes_homes_at_most check (cardinality(property_ids) <= 100),
    add constraint promo_codes_ended_after_made check (ended_at >= created_at);
