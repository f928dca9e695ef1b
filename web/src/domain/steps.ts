import type { Step } from '../api/listings';
import type { PropertyStatus } from '../api/types';

export interface StepInfo {
  step: Step;
  label: string;
  busy: string;
  /** Asked before it is done. */
  sure?: string;
}

const SUBMIT: StepInfo = { step: 'submit', label: 'Publish', busy: 'Publishing…' };
const PUBLISH: StepInfo = { step: 'publish', label: 'Publish again', busy: 'Publishing…' };
const PAUSE: StepInfo = { step: 'unpublish', label: 'Pause', busy: 'Pausing…' };
const ARCHIVE: StepInfo = { step: 'archive', label: 'Archive', busy: 'Archiving…', sure: 'An archived listing cannot come back. Archive it?' };

/** What its owner can do with a listing in a state. */
export function stepsOf(status: PropertyStatus): StepInfo[] {
  switch (status) {
    case 'draft':
      return [SUBMIT, ARCHIVE];
    case 'live':
      return [PAUSE, ARCHIVE];
    case 'paused':
      return [PUBLISH, ARCHIVE];
    case 'rejected':
      return [ARCHIVE];
    default:
      return [];
  }
}

/** What a state means for its owner. */
export function stateText(status: PropertyStatus): string {
  switch (status) {
    case 'draft':
      return 'Only you can see it. Publish it when it is ready.';
    case 'pending_review':
      return 'We are looking at it. You are told when it is decided.';
    case 'live':
      return 'Everybody can find and book it.';
    case 'paused':
      return 'Nobody can find or book it. Bookings that exist go on.';
    case 'rejected':
      return 'It needs another look. Change what is asked for, then publish it again.';
    case 'archived':
      return 'It is given up for good. You can make a copy of it.';
    default:
      return '';
  }
}
