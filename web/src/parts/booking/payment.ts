/** Leads to a payment page; false when there is none that a browser may go to. */
export function toPaymentPage(url: string | null | undefined): boolean {
  if (!url || !/^https?:$/.test(new URL(url, location.href).protocol)) return false;
  location.assign(url);
  return true;
}
