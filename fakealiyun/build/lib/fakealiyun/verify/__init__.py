"""`fakealiyun verify`: checks what the fake knows against a real account, side by side."""
