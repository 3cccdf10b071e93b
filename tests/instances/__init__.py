"""Functions in this process, each as one instance, so that mutation testing reaches them."""
