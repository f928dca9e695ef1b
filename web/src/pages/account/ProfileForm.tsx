import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { accounts, type Profile } from '../../api/accounts';
import type { ProfileChange } from '../../api/next';
import { Problem } from '../../api/problem';
import { Field, TextField } from '../../parts/Field';
import { Refusal } from '../../parts/States';

const ZONES = Intl.supportedValuesOf('timeZone');

/** Languages that a reader can ask for; what is written so far is English. */
const LANGUAGES: [string, string][] = [
  ['en', 'English'],
  ['de', 'Deutsch'],
  ['es', 'Español'],
  ['fr', 'Français'],
  ['it', 'Italiano'],
  ['nl', 'Nederlands'],
  ['pl', 'Polski'],
  ['pt-BR', 'Português (Brasil)'],
];

export function ProfileForm({ profile }: { profile: Profile }) {
  const { user, etag } = profile;
  const queries = useQueryClient();
  const [name, setName] = useState(user.name);
  const [locale, setLocale] = useState(user.locale ?? 'en');
  const [zone, setZone] = useState(user.zone ?? 'UTC');
  const change: ProfileChange = {
    ...(name.trim() !== user.name && { name: name.trim() }),
    ...(locale !== (user.locale ?? 'en') && { locale }),
    ...(zone !== (user.zone ?? 'UTC') && { zone }),
  };
  const changed = Object.keys(change).length > 0;
  const save = useMutation({
    mutationFn: () => accounts.editProfile(change, etag),
    onSuccess: (saved) => queries.setQueryData(['me'], saved),
  });
  const problem = save.error instanceof Problem ? save.error : null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (changed) save.mutate();
  };
  return (
    <section className="panel">
      <h2>Profile</h2>
      <dl className="pairs">
        <div>
          <dt>Email</dt>
          <dd>{user.email}{user.email_verified === false && <span className="fine"> (not confirmed yet)</span>}</dd>
        </div>
        <div>
          <dt>Roles</dt>
          <dd>{user.roles.map((role) => role.charAt(0).toUpperCase() + role.slice(1)).join(', ')}</dd>
        </div>
      </dl>
      <form onSubmit={submit}>
        <TextField label="Name" name="name" autoComplete="name" required maxLength={100} value={name} onText={setName} error={problem?.field('/name')} hint="What others see." />
        <div className="pair">
          <Field label="Language" error={problem?.field('/locale')} hint="Letters are in English so far.">
            {(id, note) => (
              <select id={id} name="locale" aria-describedby={note} value={locale} onChange={(event) => setLocale(event.target.value)}>
                {!LANGUAGES.some(([tag]) => tag === locale) && <option>{locale}</option>}
                {LANGUAGES.map(([tag, label]) => (
                  <option key={tag} value={tag} lang={tag}>{label}</option>
                ))}
              </select>
            )}
          </Field>
          <Field label="Time zone" error={problem?.field('/zone')}>
            {(id, note) => (
              <select id={id} name="zone" aria-describedby={note} value={zone} onChange={(event) => setZone(event.target.value)}>
                {!ZONES.includes(zone) && <option>{zone}</option>}
                {ZONES.map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
            )}
          </Field>
        </div>
        {problem?.status === 412 ? (
          <p className="refusal" role="alert">
            Your profile was changed elsewhere meanwhile.{' '}
            <button
              type="button"
              className="link"
              onClick={() => {
                save.reset();
                void queries.invalidateQueries({ queryKey: ['me'] });
              }}
            >
              Look at it again
            </button>
            , then save what you typed.
          </p>
        ) : (
          !problem?.errors.length && <Refusal error={save.error} />
        )}
        {save.isSuccess && !changed && <p className="told" role="status">Saved.</p>}
        <button type="submit" className="button button-main form-go" disabled={!changed || save.isPending}>
          {save.isPending ? 'Saving…' : 'Save profile'}
        </button>
      </form>
    </section>
  );
}
