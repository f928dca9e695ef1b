-- Listings complete: their whole life, unit types in a table of their own, house rules,
-- and units that can be taken away.

create table units (
    property_id uuid   not null references properties,
    id          uuid   not null,
    position    int    not null,
    name        text   not null,
    count       int    not null check (count between 1 and 200),
    bedrooms    int    not null,
    beds        int    not null,
    bathrooms   float4 not null,
    guests      int    not null check (guests > 0),
    night_minor bigint check (night_minor > 0),
    month_minor bigint check (month_minor > 0),
    primary key (property_id, id)
);
insert into units
    select id, unit_id, 0, unit ->> 'name', (unit ->> 'count')::int, (unit ->> 'bedrooms')::int,
        (unit ->> 'beds')::int, (unit ->> 'bathrooms')::float4, (unit ->> 'guests')::int,
        price_minor, null
    from properties;

-- The check that only drafts lack a price goes with its column.
alter table properties
    drop column unit_id,
    drop column unit,
    drop column price_minor,
    add column stay_mode text not null default 'nightly'
        check (stay_mode in ('nightly', 'monthly', 'both')),
    add column deposit_minor bigint not null default 0 check (deposit_minor >= 0),
    add column cleaning_fee_minor bigint not null default 0 check (cleaning_fee_minor >= 0),
    add column policies jsonb not null default '{}',
    add column rejection text,
    drop constraint properties_status_check,
    add constraint properties_status_check check (status in
        ('draft', 'pending_review', 'live', 'paused', 'rejected', 'archived'));
-- What administrators look through, and how an index is filled anew.
create index properties_to_review on properties (id) where status = 'pending_review';

-- A unit that was taken away keeps its row: nights that are over were spent in it.
alter table slots
    add column retired_at timestamptz,
    drop constraint slots_property_id_unit_id_unit_no_key;
create unique index slots_by_number on slots (property_id, unit_id, unit_no)
    where retired_at is null;

-- Records of commands hold listings in the old form.
update commands c set outcome = jsonb_set(c.outcome::jsonb, '{listing}',
        (l - 'unit_id') || jsonb_build_object(
            'fields', (l -> 'fields') - 'unit' - 'price_minor',
            'units', jsonb_build_array(jsonb_build_object(
                'id', l -> 'unit_id',
                'fields', (l #> '{fields,unit}')
                    || jsonb_build_object('night_minor', l #> '{fields,price_minor}')))))::json
    from (select request_id, outcome::jsonb -> 'listing' as l from commands
        where outcome::jsonb ? 'listing') old
    where c.request_id = old.request_id;
