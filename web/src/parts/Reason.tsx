import { useState, type FormEvent } from 'react';
import { Field } from './Field';

/** A button that asks for a reason first; somebody will read it. */
export function WithReason({ label, about, busy, max, onReason }: {
  label: string;
  /** What it is done to, for who hears the button alone. */
  about: string;
  busy: boolean;
  max: number;
  onReason: (reason: string) => void;
}) {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (reason.trim() === '') return;
    onReason(reason.trim());
    setOpen(false);
  };
  if (!open) {
    return (
      <button type="button" className="button button-bad" aria-label={`${label}: ${about}`} disabled={busy} onClick={() => setOpen(true)}>
        {label}…
      </button>
    );
  }
  return (
    <form className="reason" onSubmit={submit}>
      <Field label="Why?" hint="The person will read this.">
        {(id, note) => (
          <textarea id={id} name="reason" rows={2} required autoFocus maxLength={max} aria-describedby={note} value={reason} onChange={(event) => setReason(event.target.value)} />
        )}
      </Field>
      <div className="actions form-go">
        <button type="submit" className="button button-bad" disabled={busy || reason.trim() === ''}>{label}</button>
        <button type="button" className="button" onClick={() => setOpen(false)}>Never mind</button>
      </div>
    </form>
  );
}
