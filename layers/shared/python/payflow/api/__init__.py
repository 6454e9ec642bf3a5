"""The HTTP edge: request schemas, the table of routes, and the OpenAPI document made from both."""
