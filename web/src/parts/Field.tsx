import { useId, type InputHTMLAttributes, type ReactNode } from 'react';

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  children: (id: string, describedBy: string | undefined) => ReactNode;
}

/** A labelled control with its hint and what is wrong with it. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const note = error || hint ? `${id}-note` : undefined;
  return (
    <div className={error ? 'field field-wrong' : 'field'}>
      <label htmlFor={id}>{label}</label>
      {children(id, note)}
      {(error || hint) && (
        <p id={note} className={error ? 'field-error' : 'field-hint'}>
          {error || hint}
        </p>
      )}
    </div>
  );
}

type TextProps = Omit<InputHTMLAttributes<HTMLInputElement>, 'id' | 'onChange'> & {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  onText: (text: string) => void;
};

export function TextField({ label, hint, error, onText, ...rest }: TextProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(id, note) => (
        <input
          {...rest}
          id={id}
          aria-describedby={note}
          aria-invalid={error ? true : undefined}
          onChange={(event) => onText(event.target.value)}
        />
      )}
    </Field>
  );
}
