import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "../../../api/client";
import { useSession } from "../../../session/session";

const LIVE_MS = 2000;

export function useTrialBalance() {
  const { call, key } = useSession();
  return useQuery({
    queryKey: [key, "trial-balance"],
    queryFn: () => call<Schemas["TrialBalance"]>("/api/v1/ledger/trial-balance"),
    refetchInterval: LIVE_MS,
  });
}
