-- The calendar: stay rules, nights that a landlord keeps back, stays that keep their unit.

alter table properties add column stay_rules jsonb not null default '{}';

-- Whether the unit was chosen by hand and is kept when others are dealt out anew.
alter table occupancies add column pinned boolean not null default false;

-- Their nights lie in occupancies, under the block's id.
create table blocks (
    id          uuid        not null,
    property_id uuid        not null references properties,
    unit_id     uuid        not null,
    check_in    date        not null,
    check_out   date        not null check (check_out > check_in),
    reason      text        not null,
    created_by  uuid        not null,
    created_at  timestamptz not null,
    primary key (id, property_id)
);
create index blocks_of_property on blocks (property_id, id);
