import type { FormEvent, ReactNode } from 'react';

/** A small page with one form. */
export function Sheet({ title, onSubmit, children }: { title: string; onSubmit: () => void; children: ReactNode }) {
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

/** A small page that only says something. */
export function Note({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="page page-narrow">
      <section className="sheet" role="status">
        <h1>{title}</h1>
        {children}
      </section>
    </div>
  );
}
