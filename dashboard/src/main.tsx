import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link, Outlet, redirect, RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/client";
import { SignIn } from "./session/SignIn";
import { SessionProvider, useSession } from "./session/session";
import { Failed } from "./ui/kit";
import "./ui/theme.css";

const FILTERS = ["status", "method", "provider", "reference", "cursor"];
const CLIENT_ERRORS = { from: 400, to: 499 };
const RETRIES_MAX = 2;

function Frame() {
  const { key, isOperator, signOut } = useSession();
  if (key === "") return <SignIn />;
  const look = { activeProps: { className: "active" } };
  return (
    <>
      <header className="top">
        <strong>PayFlow</strong>
        <nav aria-label="Pages">
          <Link to="/payments" {...look}>Payments</Link>
          <Link to="/checkout" {...look}>Checkout</Link>
          {isOperator && <Link to="/providers" {...look}>Providers</Link>}
          <Link to="/ledger" {...look}>Ledger</Link>
        </nav>
        <span className="soft">{isOperator ? "operator" : "merchant"}</span>
        <button type="button" onClick={signOut}>Sign out</button>
      </header>
      <Outlet />
    </>
  );
}

const root = createRootRoute({
  component: Frame,
  errorComponent: ({ error }) => <main><Failed error={error} /></main>,
  notFoundComponent: () => <main><h1>There is no such page</h1></main>,
});
const routes = [
  createRoute({ getParentRoute: () => root, path: "/", beforeLoad: () => { throw redirect({ to: "/payments" }); } }),
  createRoute({
    getParentRoute: () => root,
    path: "/payments",
    validateSearch: (search: Record<string, unknown>) =>
      Object.fromEntries(FILTERS.flatMap((name) => (search[name] ? [[name, String(search[name])]] : []))),
    component: lazyRouteComponent(() => import("./features/payments/components/PaymentList"), "PaymentList"),
  }),
  createRoute({ getParentRoute: () => root, path: "/payments/$id", component: lazyRouteComponent(() => import("./features/payments/components/PaymentDetail"), "PaymentDetail") }),
  createRoute({ getParentRoute: () => root, path: "/checkout", component: lazyRouteComponent(() => import("./features/checkout/components/Checkout"), "Checkout") }),
  createRoute({ getParentRoute: () => root, path: "/providers", component: lazyRouteComponent(() => import("./features/providers/components/Providers"), "Providers") }),
  createRoute({ getParentRoute: () => root, path: "/ledger", component: lazyRouteComponent(() => import("./features/ledger/components/Ledger"), "Ledger") }),
];
const router = createRouter({ routeTree: root.addChildren(routes), basepath: "/dashboard" });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the API refuses, it refuses again.
      retry: (count, error) =>
        count < RETRIES_MAX &&
        !(error instanceof ApiError && error.status >= CLIENT_ERRORS.from && error.status <= CLIENT_ERRORS.to),
    },
  },
});

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <SessionProvider>
        <RouterProvider router={router} />
      </SessionProvider>
    </QueryClientProvider>
  </StrictMode>,
);
