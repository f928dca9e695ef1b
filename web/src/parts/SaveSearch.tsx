import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { Link, useNavigate } from 'react-router';
import { watched, type Alert } from '../api/watched';
import { toQuery, type SearchForm } from '../domain/query';
import { criteriaOf, criteriaText, nameOf, narrows } from '../domain/watched';
import { AlertChoice } from './AlertChoice';
import { TextField } from './Field';
import { Refusal } from './States';
import { useActionKeys, useSession } from './hooks';

/** Keeps the search that is on show, and has its owner told of what comes to match it. */
export function SaveSearch({ form }: { form: SearchForm }) {
  const { phase } = useSession();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const criteria = criteriaOf({ ...toQuery(form, 1) });
  if (!narrows(criteria)) return null;
  const key = JSON.stringify(criteria);
  const ask = (): void => {
    // Until it is known who is there the form can be filled in already.
    if (phase !== 'out') setOpen(!open);
    else void navigate(`/signin?next=${encodeURIComponent(window.location.pathname + window.location.search)}`);
  };
  return (
    <div className="save-search">
      <button type="button" className="button" aria-expanded={open} onClick={ask}>Save this search</button>
      {open && <SaveForm key={key} criteria={criteria} onClose={() => setOpen(false)} />}
    </div>
  );
}

function SaveForm({ criteria, onClose }: { criteria: ReturnType<typeof criteriaOf>; onClose: () => void }) {
  const [name, setName] = useState(nameOf(criteria));
  const [alert, setAlert] = useState<Alert>('instant');
  const keys = useActionKeys();
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), criteria, alert };
      return watched.save(body, keys.keyFor(body));
    },
    onSuccess: () => {
      keys.settled();
      void queries.invalidateQueries({ queryKey: ['saved-searches'] });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  if (save.isSuccess) {
    return (
      <p className="panel save-done" role="status">
        Saved. {alert === 'off' ? 'What comes to match is listed' : 'You are told of homes that come to match'} under <Link to="/saved">saved searches</Link>.{' '}
        <button type="button" className="link" onClick={onClose}>Close</button>
      </p>
    );
  }
  return (
    <form className="panel save-form" onSubmit={submit}>
      <p className="fine">{criteriaText(criteria)}</p>
      <TextField label="Name" name="name" value={name} onText={setName} required maxLength={80} />
      <AlertChoice value={alert} onChoose={setAlert} />
      <Refusal error={save.error} />
      <p className="save-acts">
        <button type="submit" className="button button-main" disabled={save.isPending || name.trim() === ''}>{save.isPending ? 'Saving…' : 'Save'}</button>
        <button type="button" className="button" onClick={onClose}>Cancel</button>
      </p>
    </form>
  );
}
