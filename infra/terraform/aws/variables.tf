variable "name" {
  description = "Prefix of everything that is made, and name of the fleet."
  type        = string
  default     = "tracemill"

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{0,20}$", var.name))
    error_message = "Small letters, digits and dashes, 21 at most."
  }
}

variable "region" {
  description = "Region of AWS."
  type        = string
}

variable "bucket" {
  description = "Name of the bucket that is made. Names are taken by whoever is first, in all of AWS."
  type        = string
}

variable "scratch_days" {
  description = "Days until uploads that were broken off are removed. What jobs leave is removed by `tracemill sweep`, which knows what is needed."
  type        = number
  default     = 2
}

variable "cidr" {
  description = "Addresses of the network."
  type        = string
  default     = "10.40.0.0/16"
}

variable "availability_zones" {
  description = "Zones for machines; more of them find spot machines more often."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.availability_zones) > 0
    error_message = "Name at least one zone, for example eu-central-1a."
  }
}

variable "ami" {
  description = "Image of the machines: Debian 13 for the architecture of `instance_types`. All workers of a job need one architecture."
  type        = string
}

variable "instance_types" {
  description = "Types that a worker may be, best first. Name several of one size: whichever is there is taken."
  type        = list(string)
  default     = ["c7i.xlarge", "c6i.xlarge", "c7a.xlarge", "c6a.xlarge", "m7i.xlarge", "m6i.xlarge"]
}

variable "spot" {
  description = "True takes spot machines only, false none."
  type        = bool
  default     = true
}

variable "max_size" {
  description = "Bound of the group itself, above the `max` of the fleet's document."
  type        = number
  default     = 100
}

variable "disk_gib" {
  description = "Disk of a worker: images take about 2 GiB, and a worker begins no work with less than 1 GiB free."
  type        = number
  default     = 20
}

variable "user_data_file" {
  description = "User data of the workers, as `tracemill user-data` prints it for the fleet's document. It holds no secret."
  type        = string
}

variable "coordinator_user_data_file" {
  description = "User data of the coordinator: a worker with the roles job and refine, and the fleet's loop."
  type        = string
}

variable "coordinator_type" {
  description = "Type of the coordinator. It takes 200 MB whatever the corpus; refining uses two cores and 2 GiB."
  type        = string
  default     = "m7i.large"
}

variable "temporal_cloud" {
  description = "Address (host:port) of a namespace of Temporal Cloud; null makes a host for a server of your own."
  type        = string
  default     = null
}

variable "temporal_type" {
  description = "Type of Temporal's own host, where there is one."
  type        = string
  default     = "m7i.large"
}

variable "temporal_user_data_file" {
  description = "User data of Temporal's own host, which starts docker-compose.yml of this repository; needed where temporal_cloud is null."
  type        = string
  default     = null
}

variable "temporal_disk_gib" {
  description = "Disk of Temporal's database. A job of 300,000 functions leaves about 40 MB of history there."
  type        = number
  default     = 50
}

variable "operator_principals" {
  description = "ARNs of the users or roles that may take the operator's role, which launches, steers and deletes."
  type        = list(string)
  default     = []
}

variable "secret_parameters" {
  description = "ARNs of parameters of Systems Manager that machines may read: the key of Temporal Cloud, say. Commands of the user data write them to files."
  type        = list(string)
  default     = []
}
