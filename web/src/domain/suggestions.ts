import type { SuggestAnswer } from '../api/search';
import { country, plural } from './words';

/** Something that the search box offers to go on to. */
export interface Suggestion {
  kind: 'place' | 'amenity' | 'title';
  /** The words to search for, or the key of the amenity. */
  value: string;
  label: string;
  note: string;
}

export interface SuggestionGroup {
  label: string;
  entries: Suggestion[];
}

/** What was suggested, in groups with something in them. */
export function suggestionGroups(answer: SuggestAnswer): SuggestionGroup[] {
  const groups: SuggestionGroup[] = [
    {
      label: 'Places',
      entries: answer.places.map((one) => ({ kind: 'place', value: one.city, label: one.city, note: `${country(one.country)} · ${plural(one.count, 'home')}` })),
    },
    {
      label: 'What homes have',
      entries: answer.amenities.map((one) => ({ kind: 'amenity', value: one.key, label: one.label, note: plural(one.count, 'home') })),
    },
    {
      label: 'Homes',
      entries: answer.titles.map((one) => ({ kind: 'title', value: one.title, label: one.title, note: one.count > 1 ? plural(one.count, 'home') : '' })),
    },
  ];
  return groups.filter((group) => group.entries.length > 0);
}

/** Where an arrow key leads in a list of so many: -1 is the box itself, and the ends meet. */
export function stepTo(at: number, by: number, many: number): number {
  if (many === 0) return -1;
  const next = at + by;
  if (next < -1) return many - 1;
  return next >= many ? -1 : next;
}
