"""The wire format that three of the four APIs share with OpenAI: requests read, answers written."""
