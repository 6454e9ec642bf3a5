import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Schemas } from "../../../api/client";
import { useSession } from "../../../session/session";

export type Provider = Schemas["Provider"];
export type Faults = Schemas["ProviderFaults"];

const LIVE_MS = 2000;

export function useProviders() {
  const { call, key } = useSession();
  return useQuery({
    queryKey: [key, "providers"],
    queryFn: () => call<Schemas["ProviderList"]>("/internal/providers"),
    refetchInterval: LIVE_MS,
  });
}

/** Breaks a provider, or, given null, mends it. */
export function useFaults(id: string) {
  const { call, key } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (faults: Faults | null) =>
      call<unknown>(`/internal/providers/${encodeURIComponent(id)}/faults`, faults === null ? { method: "DELETE" } : { method: "PUT", body: faults }),
    onSettled: () => queries.invalidateQueries({ queryKey: [key, "providers"] }),
  });
}
