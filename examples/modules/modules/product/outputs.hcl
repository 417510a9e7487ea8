output "reader" {
  description = "The role to be a member of in order to read the product's tables"
  value       = role.reader
}

output "app" {
  description = "Who the application logs in as"
  value       = role.app.name
}
