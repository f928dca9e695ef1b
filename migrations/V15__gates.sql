-- Limits that reach across properties: a numbered place of a scope has one holder. Rows are
-- taken with the change set that needs them and deleted when it has had its use.
create table gates (
    scope   uuid        not null,
    slot    int         not null check (slot > 0),
    holder  uuid        not null,
    command uuid        not null,
    kind    text        not null check (kind in ('hold', 'promo')),
    at      timestamptz not null,
    primary key (scope, slot)
) with (autovacuum_vacuum_scale_factor = 0.05);

-- The place among its tenant's open holds that a booking was given; none for those from
-- before there were limits.
alter table bookings add column gate int;
