import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { clock } from '../../api';
import { admin } from '../../api/admin';
import type { AccountStatus, AdminUser, UserQuery } from '../../api/next';
import type { Role } from '../../api/types';
import { ago } from '../../domain/devices';
import type { Tone } from '../../domain/words';
import { Badge } from '../../parts/Badge';
import { Field, TextField } from '../../parts/Field';
import { WithReason } from '../../parts/Reason';
import { Refusal } from '../../parts/States';
import { Pages } from './pages';

const STATUS: Record<AccountStatus, { label: string; tone: Tone }> = {
  active: { label: 'Active', tone: 'ok' },
  unverified: { label: 'Not confirmed', tone: 'lamp' },
  suspended: { label: 'Suspended', tone: 'bad' },
};

export function Users({ me }: { me: string }) {
  const [form, setForm] = useState<UserQuery>({});
  const [query, setQuery] = useState<UserQuery>({});
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setQuery({ ...form, q: form.q?.trim() ?? '' });
  };
  return (
    <>
      <form className="panel find" role="search" onSubmit={submit}>
        <TextField label="Name or address" type="search" name="q" maxLength={254} value={form.q ?? ''} onText={(q) => setForm((old) => ({ ...old, q }))} />
        <Field label="Role">
          {(id) => (
            <select id={id} name="role" value={form.role ?? ''} onChange={(event) => setForm((old) => ({ ...old, role: event.target.value as Role | '' }))}>
              <option value="">Any</option>
              <option value="tenant">Tenant</option>
              <option value="landlord">Landlord</option>
              <option value="admin">Admin</option>
            </select>
          )}
        </Field>
        <Field label="State">
          {(id) => (
            <select id={id} name="status" value={form.status ?? ''} onChange={(event) => setForm((old) => ({ ...old, status: event.target.value as AccountStatus | '' }))}>
              <option value="">Any</option>
              {Object.entries(STATUS).map(([name, { label }]) => (
                <option key={name} value={name}>{label}</option>
              ))}
            </select>
          )}
        </Field>
        <button type="submit" className="button button-main">Find</button>
      </form>
      <Pages<AdminUser> queryKey={['admin', 'users', query]} load={(cursor, signal) => admin.users(query, cursor, signal)} empty="Nobody like that" row={(one) => <Person key={one.id} user={one} isMe={one.id === me} />} />
    </>
  );
}

function Person({ user, isMe }: { user: AdminUser; isMe: boolean }) {
  const queries = useQueryClient();
  const onSettled = (): Promise<void> => queries.invalidateQueries({ queryKey: ['admin'] });
  const suspend = useMutation({ mutationFn: (reason: string) => admin.suspend(user.id, reason), onSettled });
  const reinstate = useMutation({ mutationFn: () => admin.reinstate(user.id), onSettled });
  const roles = useMutation({ mutationFn: (next: Role[]) => admin.setRoles(user.id, next), onSettled });
  const busy = suspend.isPending || reinstate.isPending || roles.isPending;
  const turn = (role: Role, on: boolean): void => roles.mutate(on ? [...user.roles, role] : user.roles.filter((one) => one !== role));
  return (
    <article className="panel person">
      <header className="title-row">
        <div>
          <h2>{user.name}{isMe && <span className="fine"> (you)</span>}</h2>
          <p className="fine break">{user.email} · here since {ago(user.created_at, clock.now())}</p>
        </div>
        <Badge {...(STATUS[user.status] ?? { label: user.status, tone: 'quiet' })} />
      </header>
      {user.suspension_reason && <p className="fine">Suspended: <q>{user.suspension_reason}</q></p>}
      <fieldset className="role-row" disabled={busy || isMe}>
        <legend className="hidden">Roles of {user.name}</legend>
        {(['landlord', 'admin'] as const).map((role) => (
          <label key={role} className="tick-box">
            <input type="checkbox" checked={user.roles.includes(role)} onChange={(event) => turn(role, event.target.checked)} />
            <span>{role === 'landlord' ? 'Landlord' : 'Admin'}</span>
          </label>
        ))}
      </fieldset>
      <Refusal error={suspend.error ?? reinstate.error ?? roles.error} />
      {!isMe &&
        (user.status === 'suspended' ? (
          <button type="button" className="button form-go" disabled={busy} aria-label={`Reinstate: ${user.name}`} onClick={() => reinstate.mutate()}>Reinstate</button>
        ) : (
          <WithReason label="Suspend" about={user.name} busy={busy} max={500} onReason={suspend.mutate} />
        ))}
    </article>
  );
}
