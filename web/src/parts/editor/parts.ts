import type { ListingForm } from '../../domain/listing';

export interface PartProps {
  form: ListingForm;
  put: (part: Partial<ListingForm>) => void;
  /** What is wrong with a field, by pointer. */
  error: (pointer: string) => string | undefined;
}
