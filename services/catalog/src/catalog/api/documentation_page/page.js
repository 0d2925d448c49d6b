// Joins the OpenAPI documents of the services into one and shows it.
"use strict";

const SERVICES = ["catalog", "reservation", "orders", "accounts"];
const INTRODUCTION = `
Browse events, hold seats, place an order and own the tickets.

Every write takes an \`Idempotency-Key\`: sent again with the same key it answers as before and
does nothing twice. Every error is a problem document (RFC 9457) whose \`type\` is stable. Times
are UTC, money is in minor units, lists are paged by cursor.`;

async function fetchDocument(service) {
  const answer = await fetch(`/api/v1/openapi/${service}.json`);
  if (!answer.ok) throw new Error(`${service} answered ${answer.status}`);
  return withOwnNames(service, await answer.text());
}

// Two services may each have a schema `Money`: their names get the service's in front.
function withOwnNames(service, text) {
  const own = JSON.parse(text.replaceAll('"#/components/schemas/', `"#/components/schemas/${service}.`));
  const schemas = Object.entries(own.components?.schemas ?? {});
  own.components = { ...own.components };
  own.components.schemas = Object.fromEntries(schemas.map(([name, schema]) => [`${service}.${name}`, schema]));
  return own;
}

function join(documents, missing) {
  const joined = {
    openapi: "3.1.0",
    info: { title: "Rowlock API", version: documents[0]?.info.version ?? "", description: INTRODUCTION },
    tags: documents.flatMap((one) => one.tags ?? []),
    paths: {},
    components: { schemas: {}, securitySchemes: {} },
  };
  if (missing.length) joined.info.description += `\n\n**Not shown:** ${missing.join("; ")}.`;
  for (const one of documents) {
    Object.assign(joined.components.schemas, one.components.schemas);
    Object.assign(joined.components.securitySchemes, one.components.securitySchemes);
    for (const [path, operations] of Object.entries(one.paths)) {
      joined.paths[path] = { ...joined.paths[path], ...operations };
    }
  }
  return joined;
}

async function show() {
  const outcomes = await Promise.allSettled(SERVICES.map(fetchDocument));
  const documents = outcomes.filter((one) => one.status === "fulfilled").map((one) => one.value);
  const missing = outcomes.filter((one) => one.status === "rejected").map((one) => one.reason.message);
  SwaggerUIBundle({
    dom_id: "#documentation",
    spec: join(documents, missing),
    deepLinking: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    persistAuthorization: true,
    validatorUrl: null,
  });
}

show();
