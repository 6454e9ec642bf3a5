import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { queryOf, type Schemas } from "../../../api/client";
import { useSession } from "../../../session/session";

export type Payment = Schemas["Payment"];

export interface Filters {
  status?: string;
  method?: string;
  provider?: string;
  reference?: string;
  cursor?: string;
}

const LIVE_MS = 2000;
const PAGE = 50;
const TERMINAL = new Set(["succeeded", "failed", "canceled"]);

export function usePayments(filters: Filters) {
  const { call, key } = useSession();
  return useQuery({
    queryKey: [key, "payments", filters],
    queryFn: () => call<Schemas["PaymentPage"]>(`/api/v1/payments${queryOf({ ...filters, limit: PAGE })}`),
    placeholderData: keepPreviousData,
    // An older page does not change by new payments; the newest is live.
    refetchInterval: filters.cursor ? false : LIVE_MS,
  });
}

export function usePayment(id: string) {
  const { call, key } = useSession();
  return useQuery({
    queryKey: [key, "payment", id],
    queryFn: () => call<Payment>(`/api/v1/payments/${encodeURIComponent(id)}`),
    refetchInterval: (query) => (TERMINAL.has(query.state.data?.status ?? "") ? 10_000 : LIVE_MS / 2),
  });
}

/** The story of one `version` of a payment: it is asked for again when the payment has changed. */
export function useTimeline(id: string, version: number) {
  const { call, key } = useSession();
  return useQuery({
    queryKey: [key, "timeline", id, version],
    queryFn: () => call<Schemas["Timeline"]>(`/api/v1/payments/${encodeURIComponent(id)}/timeline`),
    placeholderData: keepPreviousData,
  });
}
