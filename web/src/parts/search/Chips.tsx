import { useRef } from 'react';
import { chips } from '../../domain/filters';
import type { SearchForm } from '../../domain/query';
import { useAmenities } from '../hooks';

/** What narrows the search, each to be taken away. */
export function Chips({ form, onChange }: { form: SearchForm; onChange: (form: SearchForm) => void }) {
  const catalogue = useAmenities();
  const list = useRef<HTMLUListElement>(null);
  const all = chips(form, catalogue.data ?? []);
  if (all.length === 0) return null;
  const remove = (index: number): void => {
    onChange((all[index] as (typeof all)[number]).without);
    // The button that was pressed goes: its neighbour gets the focus.
    const buttons = list.current?.querySelectorAll('button');
    (buttons?.[index + 1] ?? buttons?.[index - 1])?.focus();
  };
  return (
    <ul ref={list} className="chips" aria-label="Chosen filters">
      {all.map((chip, index) => (
        <li key={chip.key}>
          <button type="button" className="chip" onClick={() => remove(index)}>
            {chip.label} <span aria-hidden="true">×</span>
            <span className="hidden">, remove</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
