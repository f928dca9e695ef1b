import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { api, session } from '../api';
import { accounts } from '../api/accounts';
import { notifications } from '../api/notifications';
import { Problem } from '../api/problem';
import { CATEGORIES } from '../domain/notices';
import { TextField } from '../parts/Field';
import { Resend } from '../parts/MailSent';
import { Note, Sheet } from '../parts/Sheet';
import { Failure, Loading, Refusal } from '../parts/States';
import { useSession, useTitle } from '../parts/hooks';

/** The token of a mailed link. It leaves the address bar, so that it is not kept in the
 *  history or shown to whoever looks on. */
function useToken(): string {
  const [params, setParams] = useSearchParams();
  const [token] = useState(() => params.get('token') ?? '');
  useEffect(() => {
    if (params.has('token')) setParams({}, { replace: true });
  }, [params, setParams]);
  return token;
}

function isStale(error: unknown): boolean {
  return error instanceof Problem && (error.code === 'invalid-token' || error.status === 404 || error.status === 422);
}

/** Where the letter to a new address leads. */
export function VerifyPage() {
  useTitle('Confirm your address');
  const token = useToken();
  const { phase } = useSession();
  const [email, setEmail] = useState('');
  const [sent, setSent] = useState('');
  const verify = useMutation({
    mutationFn: () => accounts.verify(token),
    onSuccess: () => (session.get().phase === 'in' ? accounts.profile() : undefined),
  });
  const asked = useRef(false);
  useEffect(() => {
    // Once per link, also where effects run twice: it works only once.
    if (asked.current || token === '') return;
    asked.current = true;
    verify.mutate();
  }, [token, verify]);

  if (verify.isSuccess) {
    return (
      <Note title="Your address is confirmed">
        <p>{phase === 'in' ? 'Everything is ready.' : 'You can sign in now.'}</p>
        <Link className="button button-main button-wide" to={phase === 'in' ? '/' : '/signin'}>{phase === 'in' ? 'Search homes' : 'Sign in'}</Link>
      </Note>
    );
  }
  if (token !== '' && !verify.isError) return <Loading label="Confirming your address" />;
  if (verify.isError && !isStale(verify.error)) return <Failure error={verify.error} retry={() => verify.mutate()} />;
  if (sent) {
    return (
      <Note title="Look into your mail">
        <p>If <strong className="break">{sent}</strong> waits to be confirmed, a new letter is on its way.</p>
        <Resend email={sent} />
      </Note>
    );
  }
  return (
    <Resending title="This link is not good any more" email={email} onEmail={setEmail} onSent={setSent} />
  );
}

function Resending({ title, email, onEmail, onSent }: { title: string; email: string; onEmail: (email: string) => void; onSent: (email: string) => void }) {
  const resend = useMutation({ mutationFn: () => accounts.resend(email.trim()), onSuccess: () => onSent(email.trim()) });
  return (
    <Sheet title={title} onSubmit={() => resend.mutate()}>
      <p>It was used before, is too old, or a newer one was sent. If you have confirmed your address already, just <Link to="/signin">sign in</Link>.</p>
      <TextField label="Email" type="email" name="email" autoComplete="email" required value={email} onText={onEmail} />
      <Refusal error={resend.error} />
      <button type="submit" className="button button-main button-wide" disabled={resend.isPending}>Send a new link</button>
    </Sheet>
  );
}

export function ForgotPage() {
  useTitle('Forgot your password');
  const [email, setEmail] = useState('');
  const forgot = useMutation({ mutationFn: () => accounts.forgot(email.trim()) });
  if (forgot.isSuccess) {
    return (
      <Note title="Look into your mail">
        <p>If there is an account for <strong className="break">{email.trim()}</strong>, a letter with a link to choose a new password is on its way.</p>
        <p className="fine">The link works once, for one hour.</p>
        <button type="button" className="button button-wide" onClick={() => forgot.reset()}>Try another address</button>
      </Note>
    );
  }
  return (
    <Sheet title="Forgot your password?" onSubmit={() => forgot.mutate()}>
      <p>Tell us your address, and we send you a link to choose a new one.</p>
      <TextField label="Email" type="email" name="email" autoComplete="email" required value={email} onText={setEmail} />
      <Refusal error={forgot.error} />
      <button type="submit" className="button button-main button-wide" disabled={forgot.isPending}>
        {forgot.isPending ? 'Sending…' : 'Send the link'}
      </button>
      <p className="fine"><Link to="/signin">Back to sign in</Link></p>
    </Sheet>
  );
}

/** Where the letter to somebody who forgot a password leads. */
export function ResetPage() {
  useTitle('Choose a new password');
  const token = useToken();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [differs, setDiffers] = useState(false);
  const reset = useMutation({
    mutationFn: () => accounts.reset(token, password),
    onSuccess: async () => {
      // Every session is over, also that of this browser.
      await api.logout().catch(() => session.close());
      queries.clear();
      void navigate('/signin?done=reset', { replace: true });
    },
  });
  const problem = reset.error instanceof Problem ? reset.error : null;
  const stale = token === '' || (problem !== null && problem.errors.length === 0 && isStale(problem)) || Boolean(problem?.field('/token'));
  if (stale) {
    return (
      <Note title="This link is not good any more">
        <p>It was used before, is older than an hour, or a newer one was sent.</p>
        <Link className="button button-main button-wide" to="/forgot">Send a new link</Link>
      </Note>
    );
  }
  const submit = (): void => {
    setDiffers(password !== again);
    if (password === again) reset.mutate();
  };
  return (
    <Sheet title="Choose a new password" onSubmit={submit}>
      <TextField label="New password" type="password" name="password" autoComplete="new-password" required minLength={10} maxLength={128} hint="At least 10 characters." value={password} onText={setPassword} error={problem?.field('/password')} />
      <TextField label="The same again" type="password" name="again" autoComplete="new-password" required value={again} onText={setAgain} error={differs ? 'The two are not the same.' : undefined} />
      {!problem?.errors.length && <Refusal error={reset.error} />}
      <button type="submit" className="button button-main button-wide" disabled={reset.isPending}>
        {reset.isPending ? 'Changing…' : 'Change password'}
      </button>
      <p className="fine">You will be signed out on every device.</p>
    </Sheet>
  );
}

/** Where "no more letters like this" leads. */
export function UnsubscribePage() {
  useTitle('Letters');
  const token = useToken();
  const queries = useQueryClient();
  const found = useQuery({
    queryKey: ['subscription', token],
    queryFn: ({ signal }) => notifications.subscription(token, signal),
    enabled: token !== '',
  });
  const stop = useMutation({
    mutationFn: () => notifications.unsubscribe(token),
    onSuccess: (now) => queries.setQueryData(['subscription', token], now),
  });
  if (token === '' || (found.isError && isStale(found.error))) {
    return (
      <Note title="This link leads nowhere">
        <p>You can choose which letters you get on your account page.</p>
        <Link className="button button-wide" to="/account/notifications">Choose what you are told</Link>
      </Note>
    );
  }
  if (found.isPending) return <Loading />;
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />;
  const about = CATEGORIES[found.data.category]?.label.toLowerCase() ?? found.data.category;
  if (!found.data.subscribed) {
    return (
      <Note title="No more of these letters">
        <p>You get no more letters about {about}. What guards your account is still told.</p>
        <Link className="button button-wide" to="/account/notifications">Choose what you are told</Link>
      </Note>
    );
  }
  return (
    <Sheet title="No more letters like this?" onSubmit={() => stop.mutate()}>
      <p>You get letters about {about}. You will still see the news here in the app.</p>
      <Refusal error={stop.error} />
      <button type="submit" className="button button-main button-wide" disabled={stop.isPending}>
        {stop.isPending ? 'One moment…' : 'Send me no more of them'}
      </button>
    </Sheet>
  );
}
