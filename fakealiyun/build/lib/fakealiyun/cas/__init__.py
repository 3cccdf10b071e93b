"""Certificate Management Service, as far as the deployment tool asks it for a certificate."""
