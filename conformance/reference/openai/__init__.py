"""OpenAI's wire format, which all APIs but one share: requests read, answers written."""
