-- Accounts in full: proved addresses, links that are mailed, lock-out, suspension, pending
-- landlords, profiles, rotating signing keys, sign-in by another provider.

alter table users
    -- none: signs in by another provider only
    alter column password_hash drop not null,
    add column email_verified_at       timestamptz,
    add column locale                  text        not null default 'en',
    add column zone                    text        not null default 'UTC',
    -- goes up when rights are taken away; access tokens of an older one are worthless
    add column access_version          int         not null default 0,
    add column access_changed_at       timestamptz,
    add column suspended_at            timestamptz,
    add column suspension_reason       text,
    -- an application that waits for an answer, and the answer if it was no
    add column landlord_requested_at   timestamptz,
    add column landlord_decline_reason text,
    -- when the owner was last told that somebody registered with their address
    add column registration_notice_at  timestamptz,
    add check ((suspended_at is null) = (suspension_reason is null)),
    add check (landlord_requested_at is null or landlord_decline_reason is null);
-- Nobody was asked to prove an address before.
update users set email_verified_at = created_at;
-- Every server follows these, every other second.
create index users_access_changed on users (access_changed_at) where access_changed_at is not null;
create index users_landlord_requested on users (id) where landlord_requested_at is not null;

alter table sessions
    add column last_used_at timestamptz,
    add column user_agent   text,
    add column address      text;
create index sessions_by_end on sessions (expires_at);
create index refresh_tokens_of_session on refresh_tokens (session_id);

-- What a mailed link names. The link carries a tag under server.secret, so a row alone
-- opens nothing.
create table link_tokens (
    id         uuid        primary key,
    user_id    uuid        not null references users,
    purpose    text        not null check (purpose in ('verify_email', 'reset_password')),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    -- used, or made useless by a later one
    used_at    timestamptz
);
create index link_tokens_of_user on link_tokens (user_id, purpose, created_at);
create index link_tokens_by_end on link_tokens (expires_at);

-- Failed sign-ins by a keyed digest of the address, whether or not it has an account.
create table sign_in_failures (
    address      bytea         primary key,
    failed_at    timestamptz[] not null,
    locked_until timestamptz,
    last_at      timestamptz   not null
);
create index sign_in_failures_by_age on sign_in_failures (last_at);

-- Published before it signs.
alter table signing_keys add column signs_from timestamptz;
update signing_keys set signs_from = created_at;
alter table signing_keys alter column signs_from set not null;

-- Who somebody is at another provider.
create table identities (
    issuer     text        not null,
    subject    text        not null,
    user_id    uuid        not null references users,
    created_at timestamptz not null,
    primary key (issuer, subject)
);
create index identities_of_user on identities (user_id);
