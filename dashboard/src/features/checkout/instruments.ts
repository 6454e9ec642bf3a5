import type { Schemas } from "../../api/client";

type Method = Schemas["CreatePayment"]["method"];

export interface Instrument {
  name: string;
  method: Method;
}

const card = (name: string, number: string): Instrument => ({
  name: `Card: ${name}`,
  method: { type: "card", card: { number, exp_month: 12, exp_year: 2030, cvc: "123" } },
});
const upi = (name: string, vpa: string): Instrument => ({ name: `UPI: ${name}`, method: { type: "upi", upi: { vpa, flow: "collect" } } });
const wallet = (name: string, wallet_id: string): Instrument => ({ name: `Wallet: ${name}`, method: { type: "wallet", wallet: { wallet_id } } });

/** The test instruments with outcomes that are fixed at every simulated provider. */
export const INSTRUMENTS: Instrument[] = [
  card("approved", "4242424242424242"),
  card("fails over to another provider", "4000000000000341"),
  card("retried at the same provider", "4000000000000267"),
  card("lost response, charged", "4000000000006975"),
  card("lost response, not charged", "4000000000006983"),
  card("3DS challenge", "4000000000003220"),
  card("insufficient funds", "4000000000009995"),
  card("do not honor", "4000000000000002"),
  card("fails at every provider", "4000000000000119"),
  card("slow provider, 8 s", "4000000000001000"),
  card("blocked by risk", "4100000000000019"),
  upi("approved", "success@upi"),
  upi("declined by the bank", "failure@upi"),
  upi("waits for the customer", "pending@upi"),
  upi("approved by callback", "delayed@upi"),
  upi("lost response, charged", "timeout@upi"),
  wallet("approved", "test_approved"),
  wallet("insufficient", "test_insufficient"),
  wallet("lost response, charged", "test_timeout"),
];

export type Language = "curl" | "Python" | "Node";

/** The same payment as a program makes it; the key comes from the environment. */
export function codeFor(language: Language, origin: string, body: unknown): string {
  const json = JSON.stringify(body);
  const url = `${origin}/api/v1/payments`;
  switch (language) {
    case "curl":
      return `curl -X POST ${url} \\\n  -H "Authorization: Bearer $PAYFLOW_KEY" \\\n  -H "Idempotency-Key: $(uuidgen)" \\\n  -H 'Content-Type: application/json' -H 'Prefer: wait=10' \\\n  -d '${json.replaceAll("'", "'\\''")}'`;
    case "Python":
      return `import json, os, uuid, urllib.request\n\nrequest = urllib.request.Request(\n    "${url}",\n    data=json.dumps(json.loads(${JSON.stringify(json)})).encode(),\n    headers={\n        "Authorization": f"Bearer {os.environ['PAYFLOW_KEY']}",\n        "Idempotency-Key": str(uuid.uuid4()),\n        "Content-Type": "application/json",\n        "Prefer": "wait=10",\n    },\n)\nwith urllib.request.urlopen(request, timeout=30) as answer:\n    print(json.load(answer)["status"])`;
    case "Node":
      return `const answer = await fetch("${url}", {\n  method: "POST",\n  headers: {\n    Authorization: \`Bearer \${process.env.PAYFLOW_KEY}\`,\n    "Idempotency-Key": crypto.randomUUID(),\n    "Content-Type": "application/json",\n    Prefer: "wait=10",\n  },\n  body: JSON.stringify(${json}),\n});\nconsole.log((await answer.json()).status);`;
  }
}
