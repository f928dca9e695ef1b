import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { listings } from '../api/listings';
import { Problem } from '../api/problem';
import type { Property } from '../api/types';
import { stepsOf, type StepInfo } from '../domain/steps';
import { Refusal } from './States';
import { useActionKeys } from './hooks';

/** The buttons for a listing as a whole, and what became of them. */
export function ListingSteps({ property }: { property: Property }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const keys = useActionKeys();
  const [asked, setAsked] = useState<StepInfo | null>(null);
  const renew = (): void => {
    void queries.invalidateQueries({ queryKey: ['own-properties'] });
    void queries.invalidateQueries({ queryKey: ['property', property.id] });
  };
  const go = useMutation({
    mutationFn: (info: StepInfo) => listings.step(property, info.step),
    onSettled: renew,
  });
  const copy = useMutation({
    mutationFn: () => listings.duplicate(property.id, keys.keyFor(property.id)),
    onSuccess: ({ property: made }) => {
      keys.settled();
      renew();
      void navigate(`/landlord/${made.id}`);
    },
    onError: (error) => {
      if (error instanceof Problem && error.status < 500) keys.settled();
    },
  });
  const press = (info: StepInfo): void => {
    if (info.sure) setAsked(info);
    else go.mutate(info);
  };
  return (
    <>
      <div className="actions steps-actions">
        {stepsOf(property.status).map((info) => (
          <button key={info.step} type="button" className={info.step === 'submit' || info.step === 'publish' ? 'button button-main' : 'button'} disabled={go.isPending} onClick={() => press(info)}>
            {go.isPending && go.variables.step === info.step ? info.busy : info.label}
          </button>
        ))}
        <button type="button" className="button" disabled={copy.isPending} onClick={() => copy.mutate()}>
          {copy.isPending ? 'Copying…' : 'Duplicate'}
        </button>
      </div>
      {asked && (
        <div className="sure" role="group" aria-label={asked.sure}>
          <p>{asked.sure}</p>
          <div className="actions">
            <button
              type="button"
              className="button button-bad"
              onClick={() => {
                setAsked(null);
                go.mutate(asked);
              }}
            >
              Yes, {asked.label.toLowerCase()}
            </button>
            <button type="button" className="button" autoFocus onClick={() => setAsked(null)}>No</button>
          </div>
        </div>
      )}
      {go.error instanceof Problem && go.error.code === 'has-bookings' ? (
        <p className="refusal" role="alert">There are stays to come or nights on hold. It can be archived when they are over; pause it until then.</p>
      ) : (
        <Refusal error={go.error ?? copy.error} />
      )}
    </>
  );
}
