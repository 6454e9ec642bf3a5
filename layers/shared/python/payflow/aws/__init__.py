"""Adapters to AWS: the ports of `payflow.domain.ports` on DynamoDB, KMS and Step Functions."""
