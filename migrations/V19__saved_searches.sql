-- Saved searches and what came to match them; favourites.

create table saved_searches (
    id          uuid        primary key,
    user_id     uuid        not null references users on delete cascade,
    name        text        not null check (char_length(name) between 1 and 80),
    criteria    jsonb       not null,
    alert       text        not null check (alert in ('instant', 'daily', 'off')),
    -- Of the request that made it, so that one that is sent again is known.
    fingerprint bytea       not null,
    -- Homes that matched when it was saved or changed: no news.
    known       uuid[]      not null check (cardinality(known) <= 500),
    created_at  timestamptz not null,
    changed_at  timestamptz not null,
    last_alert  timestamptz,
    -- The day of the last digest, UTC.
    digest_on   date
);
create index saved_searches_of_user on saved_searches (user_id, created_at desc, id desc);

-- Each home once for each search, however often it comes and goes.
create table saved_search_matches (
    search_id   uuid        not null references saved_searches on delete cascade,
    property_id uuid        not null references properties on delete cascade,
    matched_at  timestamptz not null,
    -- quiet: only counted; waiting: for the next digest; instant, digest: told so.
    state       text        not null
                check (state in ('quiet', 'waiting', 'instant', 'digest')),
    told_at     timestamptz,
    seen_at     timestamptz,
    primary key (search_id, property_id),
    check ((state in ('instant', 'digest')) = (told_at is not null))
);
create index saved_search_matches_by_time
    on saved_search_matches (search_id, matched_at desc, property_id desc);
create index saved_search_matches_waiting on saved_search_matches (search_id)
    where state = 'waiting';
create index saved_search_matches_of_property on saved_search_matches (property_id);

create table favourites (
    user_id     uuid        not null references users on delete cascade,
    property_id uuid        not null references properties on delete cascade,
    -- What it cost when it was kept; none where it had no price.
    kept_minor  bigint,
    kept_currency text,
    -- The lowest price that was told since.
    told_minor  bigint,
    currency    text,
    -- The nights that it is kept for, and whether they were free at the last look.
    check_in    date,
    check_out   date,
    free        boolean,
    freed_at    timestamptz,
    created_at  timestamptz not null,
    primary key (user_id, property_id),
    check ((check_in is null) = (check_out is null)),
    check (check_in < check_out),
    check ((kept_minor is null) = (kept_currency is null)),
    check ((told_minor is null) = (currency is null))
);
create index favourites_of_property on favourites (property_id);
create index favourites_by_time on favourites (user_id, created_at desc, property_id desc);

-- Nobody is told of what happened before there was anybody to tell.
insert into consumer_offsets (consumer, stream, seq)
    select 'alerts', stream, head from streams where head > 0;
