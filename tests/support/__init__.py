"""Builders, fakes and measuring tools that the tests share."""
