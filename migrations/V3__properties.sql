-- Listings, their unit types, and one slot for each unit.

create table properties (
    id           uuid        primary key,
    owner_id     uuid        not null references users,
    unit_id      uuid        not null,
    status       text        not null check (status in ('draft', 'pending_review', 'live')),
    kind         text        not null,
    title        text        not null,
    description  text        not null,
    address      jsonb       not null,
    lat          float8      not null check (lat between -90 and 90),
    lon          float8      not null check (lon between -180 and 180),
    zone         text        not null,
    amenities    text[]      not null,
    unit         jsonb       not null,
    currency     char(3)     not null,
    price_minor  bigint      check (price_minor > 0),
    source       text,
    external_id  text,
    version      int         not null,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    check (status = 'draft' or price_minor is not null)
);
create index properties_of_owner on properties (owner_id, id);
create unique index properties_by_source on properties (source, external_id) where source is not null;

create sequence slot_ids;
create table slots (
    slot_id     bigint   primary key,
    property_id uuid     not null references properties,
    unit_id     uuid     not null,
    unit_no     int      not null check (unit_no >= 1),
    unique (property_id, unit_id, unit_no)
);
