import type { components } from "./schema.gen";

export type Schemas = components["schemas"];

const REQUEST_TIMEOUT_MS = 35_000;

/** What the API refused, in its own words; `status` 0 means that it was not reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId: string | null = null,
  ) {
    super(message);
  }
}

interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  body?: unknown;
  headers?: Record<string, string>;
}

export type Call = <T>(path: string, options?: RequestOptions) => Promise<T>;

/** A caller of the API with one key, on the origin that served this page. */
export function apiWith(key: string): Call {
  return async <T>(path: string, options: RequestOptions = {}): Promise<T> => {
    const headers: Record<string, string> = { Authorization: `Bearer ${key}`, ...options.headers };
    if (options.body !== undefined) headers["Content-Type"] = "application/json";
    const answer = await fetch(path, {
      method: options.method ?? "GET",
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    }).catch(() => {
      throw new ApiError(0, "unreachable", "PayFlow did not answer. Is it running?");
    });
    const text = await answer.text();
    if (!answer.ok) throw errorOf(answer.status, text);
    return (text ? JSON.parse(text) : undefined) as T;
  };
}

export function errorOf(status: number, text: string): ApiError {
  try {
    const { error } = JSON.parse(text) as Schemas["Error"];
    return new ApiError(status, error.code, error.message, error.request_id);
  } catch {
    return new ApiError(status, "unreadable", `The answer (${status}) is not PayFlow's.`);
  }
}

/** The query of a path, without the parts that are empty. */
export function queryOf(values: Record<string, string | number | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}
