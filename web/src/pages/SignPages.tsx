import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Link, Navigate, useSearchParams } from 'react-router';
import { api } from '../api';
import { Problem } from '../api/problem';
import { TextField } from '../parts/Field';
import { useSession, useTitle } from '../parts/hooks';
import { Refusal } from '../parts/States';

/** Where to go after signing in: a path of this site, never another site. */
function useNext(): string {
  const [params] = useSearchParams();
  const next = params.get('next') ?? '/';
  return /^\/(?![/\\])/.test(next) ? next : '/';
}

export function SignInPage() {
  useTitle('Sign in');
  const next = useNext();
  const queries = useQueryClient();
  const { phase } = useSession();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useMutation({
    mutationFn: () => api.login({ email: email.trim(), password }),
    onSuccess: () => queries.invalidateQueries(),
  });
  if (phase === 'in') return <Navigate to={next} replace />;
  const refused = signIn.error instanceof Problem && signIn.error.code === 'invalid-credentials';
  return (
    <Sheet title="Sign in" onSubmit={() => signIn.mutate()}>
      <TextField label="Email" type="email" name="email" autoComplete="email" required value={email} onText={setEmail} />
      <TextField label="Password" type="password" name="password" autoComplete="current-password" required value={password} onText={setPassword} />
      {refused ? (
        <p className="refusal" role="alert">Email and password don’t match an account.</p>
      ) : (
        <Refusal error={signIn.error} />
      )}
      <button type="submit" className="button button-main button-wide" disabled={signIn.isPending}>
        {signIn.isPending ? 'Signing in…' : 'Sign in'}
      </button>
      <p className="fine">
        New here? <Link to={`/register?next=${encodeURIComponent(next)}`}>Register</Link>
      </p>
    </Sheet>
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
      await api.login({ email, password: form.password });
    },
    onSuccess: () => queries.invalidateQueries(),
  });
  if (phase === 'in') return <Navigate to={next} replace />;
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
        hint="At least 10 characters."
        value={form.password}
        onText={(password) => put({ password })}
        error={problem?.field('/password')}
      />
      {known && (
        <p className="refusal" role="alert">
          You can’t be signed in with this password. If you already have an account, <Link to={`/signin?next=${encodeURIComponent(next)}`}>sign in</Link> instead.
        </p>
      )}
      {!told && <Refusal error={register.error} />}
      <button type="submit" className="button button-main button-wide" disabled={register.isPending}>
        {register.isPending ? 'Registering…' : 'Register'}
      </button>
      <p className="fine">
        Have an account? <Link to={`/signin?next=${encodeURIComponent(next)}`}>Sign in</Link>
      </p>
    </Sheet>
  );
}

function Sheet({ title, onSubmit, children }: { title: string; onSubmit: () => void; children: ReactNode }) {
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <div className="page page-narrow">
      <form className="sheet" onSubmit={submit}>
        <h1>{title}</h1>
        {children}
      </form>
    </div>
  );
}
