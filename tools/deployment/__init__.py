"""Puts the CDK stack onto a cloud: embedded, LocalStack or AWS."""
