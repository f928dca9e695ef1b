import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useId, useState, type KeyboardEvent } from 'react';
import { search } from '../../api/search';
import { stepTo, suggestionGroups, type Suggestion } from '../../domain/suggestions';
import { plural } from '../../domain/words';
import { useDebounced } from '../hooks';

/** The box for words, with what they may become: a combobox with a list as ARIA 1.2 has it
 *  (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/). The focus stays in the box. */
export function WhereBox({ value, onText, onPick }: {
  value: string;
  onText: (text: string) => void;
  onPick: (suggestion: Suggestion) => void;
}) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const typed = useDebounced(value.trim(), 130);
  const asked = open && typed !== '';
  const found = useQuery({
    queryKey: ['suggest', typed],
    queryFn: ({ signal }) => search.suggest(typed, signal),
    enabled: asked,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const groups = asked && value.trim() !== '' && found.data ? suggestionGroups(found.data) : [];
  const entries = groups.flatMap((group) => group.entries);
  const shown = entries.length > 0;
  const active = shown && at < entries.length ? at : -1;
  const optionId = (index: number): string => `${id}-${index}`;

  const close = (): void => {
    setOpen(false);
    setAt(-1);
  };
  const pick = (suggestion: Suggestion): void => {
    close();
    onPick(suggestion);
  };
  const move = (by: number): void => {
    setOpen(true);
    setAt(stepTo(active, by, entries.length));
  };
  const pressed = (event: KeyboardEvent): void => {
    const chosen = entries[active];
    if (event.key === 'ArrowDown') move(1);
    else if (event.key === 'ArrowUp') move(-1);
    else if (event.key === 'Enter' && chosen) pick(chosen);
    else if (event.key === 'Escape' && shown) close();
    else {
      // Whatever else was meant for the box; sending the form closes the list.
      if (event.key === 'Enter') close();
      return;
    }
    event.preventDefault();
  };

  return (
    <div className="bar-field bar-where">
      <label htmlFor={id}>Where or what</label>
      <input
        id={id}
        type="search"
        name="q"
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={shown}
        aria-controls={`${id}-list`}
        aria-activedescendant={active >= 0 ? optionId(active) : undefined}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        enterKeyHint="search"
        placeholder="City, street, or a word like “balcony”"
        value={value}
        maxLength={200}
        onChange={(event) => {
          onText(event.target.value);
          setOpen(true);
          setAt(-1);
        }}
        onKeyDown={pressed}
        onBlur={close}
      />
      <div id={`${id}-list`} className="suggest" role="listbox" aria-label="Suggestions" hidden={!shown} onMouseDown={(event) => event.preventDefault()}>
        {groups.map((group) => (
          <div key={group.label} role="group" aria-label={group.label}>
            <p className="suggest-head" aria-hidden="true">{group.label}</p>
            {group.entries.map((one) => {
              const index = entries.indexOf(one);
              return (
                <div key={one.value} id={optionId(index)} className="suggest-one" role="option" aria-selected={index === active} onMouseMove={() => setAt(index)} onClick={() => pick(one)}>
                  <span>{one.label}</span>
                  <span className="fine">{one.note}</span>
                </div>
              );
            })}
          </div>
        ))}
      </div>
      <p className="hidden" role="status">
        {shown ? `${plural(entries.length, 'suggestion')}, go through them with the arrow keys` : ''}
      </p>
    </div>
  );
}
