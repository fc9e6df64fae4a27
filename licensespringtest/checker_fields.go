package licensespringtest

// The tables below list the members of each object of an order, from the Create
// Order page and the newer reference. They are written by hand, independently of
// the SDK.

// A field describes one member of an object.
type field struct {
	check    check
	required bool
}

// fields maps the names of an object's members on the wire to their rules.
type fields map[string]field

func (k *checker) orderFields() fields {
	return fields{
		"id":                      {identifier, true},
		"items":                   {k.items, true},
		"append":                  {boolean, false},
		"is_test":                 {boolean, false},
		"created":                 {dateTime, false},
		"order_type":              {oneOf("normal"), false},
		"language":                {language, false},
		"campaign_params":         {text, false},
		"download_id":             {text, false},
		"prevent_vm":              {boolean, false},
		"customer":                {k.nonEmptyObject(k.customer), false},
		"is_bundle":               {boolean, false},
		"metadata":                {serialized, false},
		"customer_account_id":     {within(1, 1<<62), false},
		"add_to_customer_account": {boolean, false},
		"reference":               {text, false},
	}
}

func customerFields(d Dialect) fields {
	return fields{
		"email":      {email, false},
		"first_name": {text, false},
		"last_name":  {text, false},
		d.company():  {text, false},
		"phone":      {text, false},
		"address":    {text, false},
		"reference":  {text, false},
		"is_manager": {boolean, false},
	}
}

func (k *checker) itemFields() fields {
	return fields{
		"product_code": {identifier, true},
		"note":         {text, false},
		// The licenses are checked together with the item's product: see checkItem.
		"licenses": {nonEmptyList, false},
	}
}

func (k *checker) licenseFields(d Dialect) fields {
	return fields{
		"key":                          {identifier, false},
		"users":                        {k.users, false},
		"max_activations":              {atLeast(0), false},
		"license_type":                 {oneOf(typeTimeLimited, typePerpetual, typeConsumption, typeSubscription), false},
		"max_consumptions":             {atLeast(0), false},
		"valid_duration":               {duration("y", "m", "d", "h", "min"), false},
		d.enableMaintenance():          {boolean, false},
		"maintenance_duration":         {duration("y", "m", "d"), false},
		"validity_period":              {dateTime, false},
		"product_features":             {k.features, false},
		"is_trial":                     {boolean, false},
		"prevent_vm":                   {boolean, false},
		"max_transfers":                {atLeast(-1), false},
		"allow_overages":               {boolean, false},
		"max_overages":                 {amount, false},
		"reset_consumption":            {boolean, false},
		"consumption_period":           {oneOf(d.consumptionPeriods()...), false},
		"policy_code":                  {identifier, false},
		"trial_days":                   {atLeast(0), false},
		"start_date":                   {date, false},
		"maintenance_period":           {date, false},
		"note":                         {text, false},
		"subscription_id":              {identifier, false},
		"metadata":                     {anyObject, false},
		"custom_fields":                {k.customFields, false},
		"is_floating":                  {boolean, false},
		"is_floating_cloud":            {boolean, false},
		"floating_users":               {atLeast(0), false},
		"floating_timeout":             {atLeast(0), false},
		"can_borrow":                   {boolean, false},
		"max_borrow_time":              {atLeast(0), false},
		"allow_grace_period":           {boolean, false},
		"grace_period":                 {atLeast(0), false},
		"max_license_users":            {atLeast(0), false},
		"is_air_gapped":                {boolean, false},
		"is_hardware_key_auth":         {boolean, false},
		"allow_unlimited_activations":  {boolean, false},
		"allow_unlimited_consumptions": {boolean, false},
		"allow_negative_consumptions":  {boolean, false},
		"active":                       {boolean, false},
		"enabled":                      {boolean, false},
	}
}

func userFields() fields {
	return fields{
		"email":           {email, true},
		"is_manager":      {boolean, false},
		"max_activations": {atLeast(0), false},
	}
}

func featureFields(d Dialect) fields {
	return fields{
		"code":               {identifier, true},
		"max_consumption":    {atLeast(0), false},
		"expiry_date":        {date, false},
		"allow_overages":     {boolean, false},
		"max_overages":       {amount, false},
		"reset_consumption":  {boolean, false},
		"consumption_period": {oneOf(d.consumptionPeriods()...), false},
		"is_floating":        {boolean, false},
		"floating_users":     {atLeast(0), false},
		"floating_timeout":   {atLeast(0), false},
	}
}

func customFieldFields() fields {
	return fields{
		"name":  {identifier, true},
		"value": {textOrNumber, true},
	}
}
