import { useMutation } from '@tanstack/react-query';
import { accounts } from '../api/accounts';
import { Refusal } from './States';

/** Says that a letter is on its way, and sends another one if it does not come. */
export function Resend({ email }: { email: string }) {
  const resend = useMutation({ mutationFn: () => accounts.resend(email) });
  return (
    <>
      <Refusal error={resend.error} />
      {resend.isSuccess ? (
        <p className="told" role="status">We have sent another letter. Only its link works now.</p>
      ) : (
        <p className="fine">
          Nothing there? Look among the spam, or{' '}
          <button type="button" className="link" disabled={resend.isPending} onClick={() => resend.mutate()}>
            send it again
          </button>
          .
        </p>
      )}
    </>
  );
}
