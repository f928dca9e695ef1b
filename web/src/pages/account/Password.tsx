import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { accounts } from '../../api/accounts';
import { Problem } from '../../api/problem';
import { TextField } from '../../parts/Field';
import { Refusal } from '../../parts/States';

export function Password() {
  const queries = useQueryClient();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useMutation({
    mutationFn: () => accounts.changePassword(current, next),
    onSuccess: () => {
      setCurrent('');
      setNext('');
      return queries.invalidateQueries({ queryKey: ['devices'] });
    },
  });
  const problem = change.error instanceof Problem ? change.error : null;
  const wrong = problem?.code === 'invalid-credentials' ? 'That is not your password.' : problem?.field('/current');
  const weak = problem?.field('/new') ?? problem?.field('/password');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <section className="panel">
      <h2>Password</h2>
      <form onSubmit={submit}>
        <div className="pair">
          <TextField label="Present password" type="password" name="current" autoComplete="current-password" required value={current} onText={setCurrent} error={wrong} />
          <TextField label="New password" type="password" name="new" autoComplete="new-password" required minLength={10} maxLength={128} hint="At least 10 characters." value={next} onText={setNext} error={weak} />
        </div>
        {!wrong && !weak && <Refusal error={change.error} />}
        {change.isSuccess && <p className="told" role="status">Your password is changed. Your other devices are signed out.</p>}
        <button type="submit" className="button form-go" disabled={change.isPending || current === '' || next === ''}>
          {change.isPending ? 'Changing…' : 'Change password'}
        </button>
      </form>
      <p className="fine form-note">Signed up with another provider? Use “Forgot your password?” to get one here too.</p>
    </section>
  );
}
