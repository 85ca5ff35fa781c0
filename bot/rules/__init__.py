"""What a message means, without any model: commands, rules, forms."""
