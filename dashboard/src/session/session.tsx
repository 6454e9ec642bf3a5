import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { apiWith, type Call } from "../api/client";

const STORED_AS = "payflow.key";

interface Session {
  key: string;
  isOperator: boolean;
  call: Call;
  signIn: (key: string) => void;
  signOut: () => void;
}

const SessionContext = createContext<Session | null>(null);

/** Keeps the key for as long as the browser's tab is open, and nowhere else. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [key, setKey] = useState(() => sessionStorage.getItem(STORED_AS) ?? "");
  const queries = useQueryClient();
  const session = useMemo<Session>(
    () => ({
      key,
      isOperator: key.startsWith("ok_"),
      call: apiWith(key),
      signIn: (next) => {
        sessionStorage.setItem(STORED_AS, next);
        setKey(next);
      },
      signOut: () => {
        sessionStorage.removeItem(STORED_AS);
        queries.clear();
        setKey("");
      },
    }),
    [key, queries],
  );
  return <SessionContext.Provider value={session}>{children}</SessionContext.Provider>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("useSession is called outside SessionProvider");
  return session;
}

/** The demo merchant's key, which the embedded target alone writes into its page. */
export function demoKey(): string {
  return document.querySelector<HTMLMetaElement>("meta[name=payflow-demo-key]")?.content ?? "";
}
