import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, Navigate, useSearchParams } from 'react-router';
import { api, session } from '../api';
import { providerPath } from '../api/accounts';
import { Problem } from '../api/problem';
import { providerTrouble, safeNext, signInTrouble } from '../domain/trouble';
import { TextField } from '../parts/Field';
import { Resend } from '../parts/MailSent';
import { Note, Sheet } from '../parts/Sheet';
import { useSession, useTitle, useVersion } from '../parts/hooks';
import { Refusal } from '../parts/States';

/** Where to go after signing in. */
function useNext(): string {
  const [params] = useSearchParams();
  return safeNext(params.get('next'));
}

export function SignInPage() {
  useTitle('Sign in');
  const next = useNext();
  const [params] = useSearchParams();
  const queries = useQueryClient();
  const { phase } = useSession();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useMutation({
    mutationFn: () => api.login({ email: email.trim(), password }),
    onSuccess: () => queries.invalidateQueries(),
  });
  if (phase === 'in') return <Navigate to={next} replace />;
  return (
    <Sheet title="Sign in" onSubmit={() => signIn.mutate()}>
      {params.get('done') === 'reset' && <p className="told" role="status">Your password is changed, and every device is signed out. Sign in with the new one.</p>}
      {params.has('error') && !signIn.error && (
        <p className="refusal" role="alert">{providerTrouble(params.get('error') ?? '')}</p>
      )}
      <TextField label="Email" type="email" name="email" autoComplete="email" required value={email} onText={setEmail} />
      <TextField label="Password" type="password" name="password" autoComplete="current-password" required value={password} onText={setPassword} />
      <SignInRefusal error={signIn.error} email={email.trim()} />
      <button type="submit" className="button button-main button-wide" disabled={signIn.isPending}>
        {signIn.isPending ? 'Signing in…' : 'Sign in'}
      </button>
      <OtherProviders next={next} />
      <p className="fine">
        <Link to="/forgot">Forgot your password?</Link>
      </p>
      <p className="fine">
        New here? <Link to={`/register?next=${encodeURIComponent(next)}`}>Register</Link>
      </p>
    </Sheet>
  );
}

function SignInRefusal({ error, email }: { error: unknown; email: string }) {
  const trouble = signInTrouble(error);
  switch (trouble?.kind) {
    case undefined:
      return null;
    case 'wrong':
      return <p className="refusal" role="alert">Email and password don’t match an account.</p>;
    case 'unverified':
      return (
        <>
          <p className="refusal" role="alert">Your address is not confirmed yet. Open the link in the letter that we sent to it.</p>
          <Resend key={email} email={email} />
        </>
      );
    case 'suspended':
      return <p className="refusal" role="alert">This account is suspended. Answer the letter about it if you think that is wrong.</p>;
    case 'wait':
      return <p className="refusal" role="alert">There were too many tries. {trouble.text}</p>;
    case 'other':
      return <Refusal error={error} />;
  }
}

/** Buttons for the other providers that the server knows. */
function OtherProviders({ next }: { next: string }) {
  const version = useVersion();
  const providers = version.data?.sign_in_providers ?? [];
  return (
    <>
      {providers.map((name) => (
        <a key={name} className="button button-wide button-other" href={providerPath(name, next)} onClick={() => session.expect()}>
          Sign in with {name === 'oidc' ? 'your organisation' : name.charAt(0).toUpperCase() + name.slice(1)}
        </a>
      ))}
    </>
  );
}

export function RegisterPage() {
  useTitle('Register');
  const next = useNext();
  const queries = useQueryClient();
  const { phase } = useSession();
  const [form, setForm] = useState({ name: '', email: '', password: '' });
  const put = (part: Partial<typeof form>): void => setForm((old) => ({ ...old, ...part }));
  const register = useMutation({
    mutationFn: async () => {
      const email = form.email.trim();
      await api.register({ name: form.name.trim(), email, password: form.password });
      // Where addresses need no proof, one is signed in at once.
      await api.login({ email, password: form.password });
    },
    onSuccess: () => queries.invalidateQueries(),
  });
  if (phase === 'in') return <Navigate to={next} replace />;
  if (signInTrouble(register.error)?.kind === 'unverified') return <LookIntoMail email={form.email.trim()} next={next} />;
  const problem = register.error instanceof Problem ? register.error : null;
  // The server never tells whether an address is known; a refused sign-in is all we see.
  const known = problem?.code === 'invalid-credentials';
  const told = Boolean(problem?.errors.length) || known;
  return (
    <Sheet title="Register" onSubmit={() => register.mutate()}>
      <TextField label="Name" name="name" autoComplete="name" required value={form.name} onText={(name) => put({ name })} error={problem?.field('/name')} />
      <TextField label="Email" type="email" name="email" autoComplete="email" required value={form.email} onText={(email) => put({ email })} error={problem?.field('/email')} />
      <TextField
        label="Password"
        type="password"
        name="password"
        autoComplete="new-password"
        required
        minLength={10}
        maxLength={128}
        hint="At least 10 characters."
        value={form.password}
        onText={(password) => put({ password })}
        error={problem?.field('/password')}
      />
      {known && (
        <p className="refusal" role="alert">
          You can’t be signed in with this password. If you already have an account, <Link to={`/signin?next=${encodeURIComponent(next)}`}>sign in</Link> or{' '}
          <Link to="/forgot">choose a new password</Link>.
        </p>
      )}
      {!told && <Refusal error={register.error} />}
      <button type="submit" className="button button-main button-wide" disabled={register.isPending}>
        {register.isPending ? 'Registering…' : 'Register'}
      </button>
      <OtherProviders next={next} />
      <p className="fine">
        Have an account? <Link to={`/signin?next=${encodeURIComponent(next)}`}>Sign in</Link>
      </p>
    </Sheet>
  );
}

function LookIntoMail({ email, next }: { email: string; next: string }) {
  return (
    <Note title="Look into your mail">
      <p>
        We have sent a letter to <strong className="break">{email}</strong>. Open the link in it to confirm that the address is yours, then sign in.
      </p>
      <p className="fine">The link works once, for 24 hours.</p>
      <Resend email={email} />
      <Link className="button button-wide" to={`/signin?next=${encodeURIComponent(next)}`}>Sign in</Link>
    </Note>
  );
}
